import type { SuiteOptions } from 'vitest';
import { freePort } from '../../../../scripts/servers/free-port.ts';
import { installPythonPackages, pythonWith } from '../../../../scripts/servers/python-packages.ts';
import { startServer } from '../../../../scripts/servers/server-process.ts';
import { skipWithout } from '../../../../scripts/servers/skip-reason.ts';

/** An emulator of AWS in Python: our second opinion on SNS. */
const moto = { name: 'moto-5.2.3', packages: ['moto[sns,sqs]==5.2.3', 'flask', 'flask-cors'] };

/** Options of a suite that talks to moto: `describe('…', await needsMoto(), () => { … })`. */
export async function needsMoto(): Promise<SuiteOptions> {
  return skipWithout(await installPythonPackages(moto));
}

export interface MotoServer {
  readonly endpoint: string;
  stop(): Promise<void>;
}

export async function startMoto(): Promise<MotoServer> {
  const host = '127.0.0.1';
  const port = await freePort(host);
  const { stop } = await startServer({
    command: pythonWith(moto),
    args: ['-m', 'moto.server', '-H', host, '-p', String(port)],
    ready: /Running on http/,
  });
  return { endpoint: `http://${host}:${port}`, stop };
}
