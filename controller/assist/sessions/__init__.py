"""Sessions on a family's screen: who asked, what the family's own agent answered, until when."""
