"""An inventory snapshot in the forms that others read: GLPI's inventory, a table row, our own JSON.

Everything that makes a form is a pure and total function of the snapshot: whatever a machine says, it never raises
and what it gives is valid; what makes no sense is left out.
"""
