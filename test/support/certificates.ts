import { join } from "node:path";
import { mustRun } from "./run-program.ts";

/** A certificate and its key, as files in PEM form. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** An authority of a test's own, that vouches for servers and clients. Its files are in `directory`. */
export class TestAuthority {
  readonly directory: string;
  readonly certificate: string;
  readonly #key: string;

  private constructor(directory: string) {
    this.directory = directory;
    this.certificate = join(directory, "ca.pem");
    this.#key = join(directory, "ca-key.pem");
  }

  static async create(directory: string): Promise<TestAuthority> {
    const authority = new TestAuthority(directory);
    const out = ["-keyout", authority.#key, "-out", authority.certificate];
    await mustRun(["openssl", "req", "-x509", ...NEW_KEY, "-subj", "/CN=Test CA", ...out]);
    return authority;
  }

  /** A certificate for names such as `DNS:localhost` and `IP:127.0.0.1`, of a server and of a client. */
  async issue(name: string, ...alternativeNames: readonly string[]): Promise<CertificateFiles> {
    const certificate = join(this.directory, `${name}.pem`);
    const key = join(this.directory, `${name}-key.pem`);
    const names = alternativeNames.length === 0 ? ["DNS:client"] : alternativeNames;
    await mustRun([
      ...["openssl", "req", "-x509", ...NEW_KEY, "-subj", `/CN=${name}`],
      ...["-CA", this.certificate, "-CAkey", this.#key, "-keyout", key, "-out", certificate],
      ...["-addext", `subjectAltName=${names.join(",")}`],
      ...["-addext", "basicConstraints=critical,CA:FALSE"],
    ]);
    return { certificate, key };
  }
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
