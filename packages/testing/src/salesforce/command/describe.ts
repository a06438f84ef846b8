import type { SalesforceEmulator } from '../emulator.ts';

/** What a client needs to know to connect. */
export function connectionFacts({ url, orgId, credentials, log }: SalesforceEmulator, faultSeed?: number) {
  return {
    url,
    orgId,
    ...credentials,
    channels: log.channels,
    ...(faultSeed !== undefined && { faultSeed }),
  };
}

export function factsAsText(facts: ReturnType<typeof connectionFacts>): string {
  const { channels, privateKey, faultSeed, ...words } = facts;
  const lines = Object.entries(words).map(([name, value]) => `${name.padEnd(14)}${value}`);
  if (faultSeed !== undefined) lines.push(`${'faultSeed'.padEnd(14)}${faultSeed}`);
  lines.push(`${'channels'.padEnd(14)}${channels.join(' ')}`, '', privateKey);
  return `${lines.join('\n')}\n`;
}
