import type { KeyObject } from 'node:crypto';
import { X509Certificate } from 'node:crypto';
import type { Clock } from '@millrace/core';
import type { Fetch } from './fetch.ts';

/** The keys that SNS signs with. */
export interface Certificates {
  /** Undefined: what is there is no certificate that is valid now. Rejects when it can't be had at present. */
  key(url: URL, clock: Clock): Promise<KeyObject | undefined>;
}

/** SNS has one at a time in a region, for about a year. Whoever names others makes us ask for them. */
const most = { certificates: 16, refused: 256, underWay: 4 };
/** Milliseconds. */
const keptFor = 86_400_000;
/** What could not be had, or is no certificate, is not asked for again for a while. */
const refusedFor = 30_000;

interface Kept {
  readonly until: number;
  /** Undefined: there is none. */
  readonly certificate: X509Certificate | undefined;
}

export function createCertificates(fetch: Fetch): Certificates {
  // Apart, or names of certificates that are not there could push out those that are.
  const certificates = new Map<string, Kept>();
  const refused = new Map<string, Kept>();
  const underWay = new Map<string, Promise<X509Certificate | undefined>>();

  async function load(url: URL, now: number): Promise<X509Certificate | undefined> {
    try {
      const { status, body } = await fetch(url);
      if (status >= 500) throw new Error(`The certificate of SNS can't be had: HTTP ${status}.`);
      const certificate = status === 200 ? parse(body) : undefined;
      if (certificate) keep(certificates, url, { until: now + keptFor, certificate }, most.certificates);
      else keep(refused, url, { until: now + refusedFor, certificate }, most.refused);
      return certificate;
    } finally {
      underWay.delete(url.href);
    }
  }

  async function find(url: URL, now: number): Promise<X509Certificate | undefined> {
    const known = certificates.get(url.href) ?? refused.get(url.href);
    if (known && known.until > now) return known.certificate;
    const loading = underWay.get(url.href);
    if (loading) return await loading;
    if (underWay.size >= most.underWay) throw new Error('Too many certificates are being fetched already.');
    const started = load(url, now);
    underWay.set(url.href, started);
    return await started;
  }

  return {
    async key(url, clock) {
      const certificate = await find(url, clock.monotonic());
      return certificate && isValid(certificate, clock.now()) ? certificate.publicKey : undefined;
    },
  };
}

function keep(kept: Map<string, Kept>, { href }: URL, entry: Kept, limit: number): void {
  kept.delete(href);
  kept.set(href, entry);
  for (const oldest of kept.keys()) {
    if (kept.size <= limit) return;
    kept.delete(oldest);
  }
}

function parse(body: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(body);
  } catch {
    return undefined;
  }
}

function isValid(certificate: X509Certificate, now: number): boolean {
  const { publicKey, validFrom, validTo } = certificate;
  const { modulusLength = 0 } = publicKey.asymmetricKeyDetails ?? {};
  const isRsa = publicKey.asymmetricKeyType === 'rsa' && modulusLength >= 2_048;
  return isRsa && Date.parse(validFrom) <= now && now <= Date.parse(validTo);
}
