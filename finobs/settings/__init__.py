"""Settings by mode; every environment variable is read in `env`."""
