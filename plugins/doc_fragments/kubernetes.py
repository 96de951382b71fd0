# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the options that lead to a Kubernetes cluster; they are named as in kubernetes.core."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - A kubeconfig file, several joined by C(:), or the content as a dictionary or text. Of joined files the first
        that names something wins, as in C(kubectl).
      - Without it E(KUBECONFIG) and then C(~/.kube/config) are read; without these, inside a pod, its service account.
      - Falls back to the variable E(K8S_AUTH_KUBECONFIG).
    type: raw
  context:
    description:
      - The context of the kubeconfig to use; by default its current one. A context that does not exist is an error.
      - Falls back to the variable E(K8S_AUTH_CONTEXT).
    type: str
  host:
    description:
      - The address of the API server, such as V(https://kubernetes.example.com:6443). It wins over the kubeconfig.
      - With O(api_key), or O(client_cert) and O(client_key), no kubeconfig is read at all.
      - Falls back to the variable E(K8S_AUTH_HOST).
    type: str
  api_key:
    description:
      - A bearer token. Falls back to the variable E(K8S_AUTH_API_KEY).
    type: str
  username:
    description:
      - The user for HTTP basic authentication, which only a proxy in front of the API server still takes.
      - Falls back to the variable E(K8S_AUTH_USERNAME).
    type: str
  password:
    description:
      - The password for O(username). Falls back to the variable E(K8S_AUTH_PASSWORD).
    type: str
  validate_certs:
    description:
      - Whether the API server's certificate is checked; it is unless this, or the kubeconfig, says otherwise.
      - Falls back to the variable E(K8S_AUTH_VERIFY_SSL).
    type: bool
    aliases: [verify_ssl]
  ca_cert:
    description:
      - File of the CA that signed the API server's certificate. Falls back to the variable E(K8S_AUTH_SSL_CA_CERT).
    type: path
    aliases: [ssl_ca_cert]
  client_cert:
    description:
      - File of a client certificate. Falls back to the variable E(K8S_AUTH_CERT_FILE).
    type: path
    aliases: [cert_file]
  client_key:
    description:
      - File of the key of O(client_cert). Falls back to the variable E(K8S_AUTH_KEY_FILE).
    type: path
    aliases: [key_file]
  proxy:
    description:
      - The proxy to the API server, such as V(http://proxy.example.com:3128).
      - Falls back to the variable E(K8S_AUTH_PROXY), then to the usual proxy variables.
    type: str
  no_proxy:
    description:
      - Hosts that are reached without O(proxy), joined by commas. Falls back to the variable E(K8S_AUTH_NO_PROXY).
    type: str
  proxy_headers:
    description:
      - Headers for the proxy.
    type: dict
    suboptions:
      proxy_basic_auth:
        description:
          - User and password for the proxy, joined by a colon.
          - Falls back to the variable E(K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH).
        type: str
      basic_auth:
        description:
          - User and password for basic authentication, joined by a colon.
          - Falls back to the variable E(K8S_AUTH_PROXY_HEADERS_BASIC_AUTH).
        type: str
      user_agent:
        description:
          - The User-Agent to send. Falls back to the variable E(K8S_AUTH_PROXY_HEADERS_USER_AGENT).
        type: str
  impersonate_user:
    description:
      - The user to act as. Falls back to the variable E(K8S_AUTH_IMPERSONATE_USER).
    type: str
  impersonate_groups:
    description:
      - The groups to act as; only with O(impersonate_user).
      - Falls back to the variable E(K8S_AUTH_IMPERSONATE_GROUPS), joined by commas.
    type: list
    elements: str
requirements:
  - kubernetes >= 31.0
notes:
  - The variables E(K8S_AUTH_*) are read together, and only where none of O(kubeconfig), O(context) and O(host) is
    given. A cluster that is named is never exchanged for the environment's, nor gets its credentials.
"""
