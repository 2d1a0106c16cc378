package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/pgzip"
)

// bootstrap installs the packages into an empty system and writes it, compressed, as one layer. The layer is
// written beside file and renamed: what is there under its name is whole.
func bootstrap(ctx context.Context, s standIn, file string, report func(string)) error {
	temporary := file + ".new"
	out, err := os.Create(temporary)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary) }()
	defer func() { _ = out.Close() }()

	reader, writer := io.Pipe()
	filtered := make(chan error, 1)
	begun := time.Now()
	go func() {
		err := compressLayer(reader, out, s, begun)
		reader.CloseWithError(err)
		filtered <- err
	}()
	err = command{
		args:   bootstrapCommand(s),
		stdout: writer,
		line: func(line string) {
			if what, ok := strings.CutPrefix(line, "I: "); ok {
				report(what)
			}
		},
	}.run(ctx)
	writer.CloseWithError(err)
	// When compressing fails, the program ends for lack of a reader: the cause is the first of the two.
	if failed := <-filtered; failed != nil && (err == nil || !errors.Is(failed, err)) {
		return failed
	}
	if err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	return os.Rename(temporary, file)
}

// bootstrapCommand writes a system with the packages to standard output. The hook makes /bin and /lib links before
// the first package is unpacked; usr-is-merged then says that nothing is left to do, where the usual usrmerge would
// bring all of Perl to do it.
func bootstrapCommand(s standIn) []string {
	packages := append([]string{"usr-is-merged"}, s.Packages...)
	args := []string{"mmdebstrap", "--format=tar", "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr", "--include=" + strings.Join(packages, ",")}
	if s.Arch == "" {
		args = append(args, "--variant=minbase")
	} else {
		args = append(args, "--variant=extract", "--architectures="+s.Arch)
	}
	return append(args, suite, "-")
}

// compressLayer copies the archive of a system from in to out, gzipped. The blocks are compressed side by side, and
// the result does not depend on how many processors do it.
func compressLayer(in io.Reader, out io.Writer, s standIn, begun time.Time) error {
	zipped, err := pgzip.NewWriterLevel(out, 6)
	if err != nil {
		return err
	}
	if err := filterSystem(in, zipped, s, begun); err != nil {
		return err
	}
	return zipped.Close()
}

// filterSystem copies a system's archive without what an image does not need, and adds the recipe's links. Times
// from the packages are kept, because compiled Python files refer to them; what was written since begun gets time 0,
// so that the same packages make the same layer.
func filterSystem(in io.Reader, out io.Writer, s standIn, begun time.Time) error {
	source, target := tar.NewReader(in), tar.NewWriter(out)
	copies := map[string]*bytes.Buffer{} // by name
	for {
		header, err := source.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("read the system's archive: %w", err)
		}
		header.Name = strings.TrimPrefix(header.Name, "./")
		if header.Name == "" || unwanted(header.Name) || slices.Contains(s.Drop, header.Name) {
			continue
		}
		if header.Typeflag == tar.TypeLink {
			header.Linkname = strings.TrimPrefix(header.Linkname, "./")
		}
		if !header.ModTime.Before(begun.Truncate(time.Second)) {
			header.ModTime = time.Unix(0, 0)
		}
		header.AccessTime, header.ChangeTime = time.Time{}, time.Time{}
		header.Uname, header.Gname = "", ""
		header.Format = tar.FormatPAX
		if err := target.WriteHeader(header); err != nil {
			return fmt.Errorf("%s: %w", header.Name, err)
		}
		content := io.Reader(source)
		if copied := s.Copies[header.Name]; copied != "" {
			kept := &bytes.Buffer{}
			copies[copied] = kept
			content = io.TeeReader(source, kept)
		}
		if _, err := io.Copy(target, content); err != nil { //nolint:gosec // G110: nothing is decompressed here
			return fmt.Errorf("%s: %w", header.Name, err)
		}
	}
	for _, name := range sortedKeys(copies) {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(copies[name].Len()), Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
		if err := target.WriteHeader(header); err != nil {
			return err
		}
		if _, err := target.Write(copies[name].Bytes()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	// The rest of the pipe is padding; unread, it would stop the program that writes it.
	if _, err := io.Copy(io.Discard, in); err != nil {
		return err
	}
	for _, name := range sortedKeys(s.Links) {
		link := &tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: s.Links[name], Mode: 0o777, ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
		if err := target.WriteHeader(link); err != nil {
			return err
		}
	}
	return target.Close()
}

// emptied are directories that an image has, but empty.
var emptied = []string{"dev", "proc", "sys", "tmp", "run", "var/cache", "var/log", "var/lib/apt/lists", "var/tmp", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/lintian"}

// unwanted reports whether an image can do without the file. Of the documentation the copyright files stay.
func unwanted(name string) bool {
	for _, dir := range emptied {
		if rest, ok := strings.CutPrefix(name, dir+"/"); ok && rest != "" {
			// apt and dpkg want these directories to be there.
			return !slices.Contains([]string{"var/cache/apt/archives/partial/", "var/cache/apt/archives/", "var/cache/apt/", "var/cache/debconf/", "var/log/apt/", "var/lib/apt/lists/partial/"}, name)
		}
	}
	if strings.HasPrefix(name, "usr/share/doc/") && !strings.HasSuffix(name, "/") {
		return path.Base(name) != "copyright"
	}
	return name == "etc/machine-id" || name == "etc/resolv.conf" || name == "etc/hostname"
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
