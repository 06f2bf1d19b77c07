"""A certificate authority of a test's own, by the openssl program."""
import pathlib
import subprocess


class Authority:
    def __init__(self, folder, name="authority"):
        self.folder = pathlib.Path(folder)
        self.name = name
        self.file = self.folder / f"{name}.pem"
        self.key = self.folder / f"{name}.key"
        self._openssl("req", "-x509", *self._key(self.key), "-days", "1", "-subj", f"/CN={name}",
                      "-out", self.file)

    def issue(self, stem, names, subject=None):
        """Certificate and key; `names` as openssl writes them ("DNS:a.example")."""
        leaf = self.folder / f"{self.name}-{stem}"
        request, key, certificate, more = (leaf.with_suffix(end)
                                           for end in (".csr", ".key", ".pem", ".ext"))
        more.write_text("basicConstraints=CA:FALSE\n"
                        + (f"subjectAltName={names}\n" if names else ""), encoding="utf-8")
        self._openssl("req", *self._key(key), "-subj", subject or f"/CN={stem}", "-out", request)
        self._openssl("x509", "-req", "-days", "1", "-in", request, "-CA", self.file, "-CAkey",
                      self.key, "-CAcreateserial", "-extfile", more, "-out", certificate)
        return certificate, key

    @staticmethod
    def _key(path):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path)

    @staticmethod
    def _openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True)
