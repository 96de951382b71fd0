# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""This machine, reached by a connection that is not Ansible's local one."""

from __future__ import annotations

DOCUMENTATION = r"""
name: elsewhere
short_description: This machine under another name
description: Stands for a bastion in tests.
author: The hotswap.runbooks authors
options: {}
"""

from ansible.plugins.connection.local import Connection as LocalConnection


class Connection(LocalConnection):
    transport = "example.machinery.elsewhere"
