import type { KeyObject } from 'node:crypto';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** In PEM form. */
export interface ServerCertificate {
  readonly key: string;
  /** Clients that are to trust the server take it as a root certificate too. */
  readonly certificate: string;
}

/** Makes a key and a certificate for `localhost` and 127.0.0.1 (X.509 version 3, RFC 5280), which signs itself. */
export function selfSigned(): ServerCertificate {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = nameOf('localhost');
  return {
    key: pemOf(keys.privateKey),
    certificate: certify({
      subject: name,
      publicKey: keys.publicKey,
      issuer: name,
      signer: keys.privateKey,
      extensions: [alternativeNames(), isAuthority()],
    }),
  };
}

/** The same, signed by an authority of its own: for clients that take no certificate for its own authority. */
export function authoritySigned(): ServerCertificate & {
  /** The certificate of the authority, for clients. */
  readonly authority: string;
} {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = nameOf('Test authority');
  const signed = { issuer, signer: authority.privateKey };
  return {
    key: pemOf(server.privateKey),
    certificate: certify({
      ...signed,
      subject: nameOf('localhost'),
      publicKey: server.publicKey,
      extensions: [alternativeNames()],
    }),
    authority: certify({
      ...signed,
      subject: issuer,
      publicKey: authority.publicKey,
      extensions: [isAuthority()],
    }),
  };
}

interface Subject {
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly issuer: Buffer;
  readonly signer: KeyObject;
  readonly extensions: readonly Buffer[];
}

function certify({ subject, publicKey, issuer, signer, extensions }: Subject): string {
  // 1.2.840.10045.4.3.2: ecdsa-with-SHA256.
  const algorithm = sequence(objectId('2a8648ce3d040302'));
  const validity = sequence(time('20200101000000Z'), time('99991231235959Z'));
  const content = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    issuer,
    validity,
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', content, signer);
  return toPem(sequence(content, algorithm, element(0x03, Buffer.from([0]), signature)));
}

/** 2.5.4.3: commonName. */
function nameOf(text: string): Buffer {
  return sequence(set(sequence(objectId('550403'), element(0x0c, Buffer.from(text)))));
}

function pemOf(privateKey: KeyObject): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** 2.5.29.17: subjectAltName. */
function alternativeNames(): Buffer {
  const names = sequence(element(0x82, Buffer.from('localhost')), element(0x87, Buffer.from([127, 0, 0, 1])));
  return sequence(objectId('551d11'), element(0x04, names));
}

/** 2.5.29.19: basicConstraints, critical. */
function isAuthority(): Buffer {
  const yes = element(0x01, Buffer.from([0xff]));
  return sequence(objectId('551d13'), yes, element(0x04, sequence(yes)));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, ...parts);
}

function set(...parts: readonly Buffer[]): Buffer {
  return element(0x31, ...parts);
}

function objectId(hex: string): Buffer {
  return element(0x06, Buffer.from(hex, 'hex'));
}

function integer(bytes: Buffer): Buffer {
  return element(0x02, bytes);
}

/** Such as `20200101000000Z`. */
function time(text: string): Buffer {
  return element(0x18, Buffer.from(text));
}

/** Tag, length and content of DER. */
function element(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const lengths =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...lengths]), content]);
}

function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
