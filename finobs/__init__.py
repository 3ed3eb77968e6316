"""finobs: open compliance case management. This package composes the apps and holds the kernel they stand on."""
