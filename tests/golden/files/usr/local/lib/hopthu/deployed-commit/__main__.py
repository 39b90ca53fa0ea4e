from hopthu.remote.host.deployed_commit import main

main()
