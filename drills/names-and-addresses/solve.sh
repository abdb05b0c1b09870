#!/usr/bin/env bash
# Which address has the name?
getent hosts worker-1
grep -n worker-1 /etc/hosts
sudo sed -i 's/^10\.240\.0\.10 worker-1$/10.240.0.21 worker-1/' /etc/hosts
