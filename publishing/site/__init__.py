"""The static site: pages that need no server, no network and no JavaScript, made from the dashboards' definitions."""
