// Constants the Dagger engine is built with: see ../README.md.
module github.com/dagger/dagger/engine/distconsts

go 1.23
