"""The windows that a family sees: GTK 3, as the person at the screen, one process each.

One JSON object a line on standard input says what to show, answers go to standard output; the end of the input closes
the window. Nothing else of the agent is loaded here, and nothing that was sent is ever read as markup or a command.
"""
