"""One program for each hardware test. Run as processes of their own; imported only by the tests of their judgement."""
