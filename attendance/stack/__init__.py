"""What the services of ``docker-compose.yml`` run that is ours: made ready, asked for health, a demo's server."""
