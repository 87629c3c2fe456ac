"""Ansible Vault: encrypted files and values, and the passwords that decrypt them."""
