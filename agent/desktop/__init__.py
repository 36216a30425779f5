"""What stands on the family's desktop: icons, and the page that says what the agent sends."""
