#!/usr/bin/env bash
sudo sed -i 's/^10\.240\.0\.21 /10.240.0.10 /' /etc/hosts
