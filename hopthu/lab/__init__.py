"""The lab: a throwaway data centre of real Debian hosts, sealed in namespaces of this machine."""
