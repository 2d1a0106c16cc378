# escape=\
# Syntax = docker/dockerfile:1
FROM python:3.11-slim AS build
HEALTHCHECK NONE
ONBUILD RUN true
ONBUILD RUN false
FROM build AS serve
HEALTHCHECK --interval=5s \
  CMD curl -f http://localhost:8080/
COPY . .
EXPOSE 8080
CMD ["python", "app.py"]
