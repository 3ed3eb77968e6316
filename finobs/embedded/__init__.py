"""The mode without servers: web server, worker and beat as threads of one process."""
