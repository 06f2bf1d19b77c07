#!/usr/bin/env python3
"""Prosody's accounts and rosters, as its storage "internal" has them: u0... in cliques of
CONTACTS + 1, as bench_provision makes them for Rollcall (the password stretched twice).

    provision.py DATA-DIRECTORY USERS CONTACTS"""
import hashlib
import hmac
import os
import sys

PASSWORD = b"bench"
SALT = "c2FsdCBvZiB0aGUgYmVuY2g"


def account():
    salted = hashlib.pbkdf2_hmac("sha256", PASSWORD, SALT.encode(), 2)
    client = hmac.digest(salted, b"Client Key", "sha256")
    server = hmac.digest(salted, b"Server Key", "sha256")
    return ('return {\n\t["stored_key"] = "%s";\n\t["server_key"] = "%s";\n\t["salt"] = "%s";\n'
            '\t["iteration_count"] = 2;\n};\n'
            % (hashlib.sha256(client).hexdigest(), server.hex(), SALT))


def roster(user, users, contacts):
    first = user - user % (contacts + 1)
    items = "".join(
        '\t["u%d@localhost"] = {\n\t\t["subscription"] = "both";\n\t\t["name"] = "Contact Number %d";'
        '\n\t\t["groups"] = {\n\t\t\t["Colleagues"] = true;\n\t\t};\n\t};\n' % (other, other)
        for other in range(first, min(first + contacts + 1, users)) if other != user)
    return 'return {\n\t[false] = {\n\t\t["version"] = 1;\n\t\t["pending"] = {};\n\t};\n%s};\n' % items


def main():
    folder, users, contacts = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    accounts = os.path.join(folder, "localhost", "accounts")
    rosters = os.path.join(folder, "localhost", "roster")
    os.makedirs(accounts)
    os.makedirs(rosters)
    one = account()
    for user in range(users):
        with open(os.path.join(accounts, "u%d.dat" % user), "w", encoding="ascii") as file:
            file.write(one)
        with open(os.path.join(rosters, "u%d.dat" % user), "w", encoding="ascii") as file:
            file.write(roster(user, users, contacts))


main()
