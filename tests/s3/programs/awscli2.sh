#!/bin/sh
# Puts the AWS command line, version 2, into a virtual environment: its makers publish it neither on
# PyPI nor as anything but an installer, but Debian builds it from their source.
# Usage: awscli2.sh ENVIRONMENT PIP...
set -eu
environment=$(cd "$1" && pwd)
shift
apt="$environment/apt"
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keys] http://deb.debian.org/debian sid main" > "$apt/sources.list"
cd "$environment"
for command in update "download awscli"; do
  apt-get -qq -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User="$(id -un)" \
    $command
done
dpkg -x awscli_*.deb root
rm -rf "$apt" awscli_*.deb
packages="$environment/root/usr/lib/python3/dist-packages"
sed -n 's/^Requires-Dist: //p' "$packages"/awscli-*/METADATA > requirements.txt
PIP_PYTHON="$environment/bin/python" "$@" -r requirements.txt
echo "$packages" > "$(echo lib/python3*/site-packages)/awscli2.pth"
{ echo "#!$environment/bin/python"; sed 1d root/usr/bin/aws; } > bin/aws
chmod +x bin/aws
