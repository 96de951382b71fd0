# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the options that every module takes; each documents its own ``deadline``."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  incident:
    description:
      - The id of the incident this run belongs to; kept on every object that is changed.
      - Without one, an id is made from the person, the machine and the day, such as V(manual-kim-control1-20261123).
    type: str
attributes:
  check_mode:
    description: Can run in check mode and say what it would change, without changing it.
  diff_mode:
    description: Returns what was and what is, when in diff mode.
  idempotent:
    description: A second run changes nothing.
requirements:
  - python >= 3.11
notes:
  - On a local connection the module runs inside the Ansible worker, without a program of its own.
"""
