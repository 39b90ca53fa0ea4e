"""The lab: a throwaway data centre of real Debian hosts, isolated in namespaces of this machine."""
