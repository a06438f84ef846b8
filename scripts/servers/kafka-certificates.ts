import { execFile } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildOnce } from './build-once.ts';

/** A certificate authority of ours, what it has signed, and one that it has not. */
export interface KafkaCertificates {
  /** PEM. */
  readonly authority: string;
  /** Files in PKCS 12. The broker's is good for 127.0.0.1 and localhost. */
  readonly broker: string;
  /** Holds the authority alone. */
  readonly trusted: string;
  /** A client named `machine`, in PKCS 12. */
  readonly client: Buffer;
  /** For all of them. */
  readonly password: string;
}

const folder = join(import.meta.dirname, '../../.cache/kafka-certificates');
const password = 'not-a-secret';
const run = promisify(execFile);

/** Made once with the keytool of Java, and kept in the repository's `.cache`. */
export async function kafkaCertificates(): Promise<KafkaCertificates> {
  const reason = await buildOnce(folder, build);
  if (reason !== undefined) throw new Error(`The certificates could not be made: ${reason}`);
  return {
    authority: await readFile(join(folder, 'authority.pem'), 'utf8'),
    broker: join(folder, 'broker.p12'),
    trusted: join(folder, 'trusted.p12'),
    client: await readFile(join(folder, 'machine.p12')),
    password,
  };
}

async function build(building: string): Promise<void> {
  await mkdir(building, { recursive: true });
  const all = join(building, 'all.p12');
  const pair = ['-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '3650'];
  const into = (store: string) => ['-keystore', store, '-storepass', password];
  const keytool = (...args: readonly string[]) => run('keytool', ['-J-XX:TieredStopAtLevel=1', ...args]);

  await keytool(...pair, ...into(all), '-alias', 'authority', '-dname', 'CN=authority', '-ext', 'bc:c');
  const certificate = join(building, 'authority.pem');
  await keytool('-exportcert', '-rfc', ...into(all), '-alias', 'authority', '-file', certificate);
  const trusted = into(join(building, 'trusted.p12'));
  await keytool('-importcert', '-noprompt', ...trusted, '-alias', 'authority', '-file', certificate);
  for (const [name, ...extensions] of [['broker', '-ext', 'san=ip:127.0.0.1,dns:localhost'], ['machine']]) {
    const signed = ['-alias', `${name}`, '-dname', `CN=${name}`, '-signer', 'authority', ...extensions];
    await keytool(...pair, ...into(all), ...signed);
    // A broker takes any key that it finds, the authority's too.
    const from = ['-srckeystore', all, '-srcstorepass', password, '-srcalias', `${name}`];
    const own = ['-destkeystore', join(building, `${name}.p12`), '-deststorepass', password];
    await keytool('-importkeystore', ...from, ...own);
  }
  await rm(all);
}
