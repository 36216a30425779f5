"""Tests of the machine's parts: small programs with a header that says what each is. See docs/hardware-tests.md."""
