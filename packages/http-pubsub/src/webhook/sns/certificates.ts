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
const mostCached = 16;
const mostAtOnce = 4;
/** Milliseconds. */
const keptFor = 86_400_000;
/** What could not be had, or is no certificate, is not asked for again for a while. */
const refusedFor = 30_000;

interface Entry {
  readonly until: number;
  readonly certificate: Promise<X509Certificate | undefined>;
}

export function createCertificates(fetch: Fetch): Certificates {
  const entries = new Map<string, Entry>();
  let underWay = 0;

  async function load(url: URL): Promise<X509Certificate | undefined> {
    underWay += 1;
    try {
      const { status, body } = await fetch(url);
      if (status >= 500) throw new Error(`The certificate of SNS can't be had: HTTP ${status}.`);
      return status === 200 ? parse(body) : undefined;
    } finally {
      underWay -= 1;
    }
  }

  function entryOf(url: URL, clock: Clock): Entry {
    const now = clock.monotonic();
    const known = entries.get(url.href);
    if (known && known.until > now) return known;
    if (underWay >= mostAtOnce) throw new Error('Too many certificates are being fetched already.');
    const certificate = load(url);
    const entry = { until: now + keptFor, certificate };
    const notForLong = () => {
      if (entries.get(url.href) === entry) entries.set(url.href, { ...entry, until: now + refusedFor });
    };
    void certificate.then((it) => it ?? notForLong(), notForLong);
    entries.delete(url.href);
    entries.set(url.href, entry);
    for (const oldest of entries.keys()) {
      if (entries.size <= mostCached) break;
      entries.delete(oldest);
    }
    return entry;
  }

  return {
    async key(url, clock) {
      const certificate = await entryOf(url, clock).certificate;
      return certificate && isValid(certificate, clock.now()) ? certificate.publicKey : undefined;
    },
  };
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
