"""Work on machines at home: what people ask of them and the play that does it, logs, a terminal, the end of rights."""
