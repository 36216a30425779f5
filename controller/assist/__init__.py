"""The link to agents at home as the dashboard uses it: streams, sessions on a family's screen."""
