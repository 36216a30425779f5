"""What a PC asks for while it boots: addresses and boot loaders (dnsmasq), the site's settings, boot files."""
