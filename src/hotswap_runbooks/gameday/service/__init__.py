"""The service on call, played by one process: applications, their kubelet, the load balancer and its users."""
