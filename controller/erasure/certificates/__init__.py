"""Certificates of erasure and destruction sheets: signed PDF files that hold their own evidence."""
