"""What the workshop's Ansible modules share. Runs on the target's own python3; the standard library only."""
