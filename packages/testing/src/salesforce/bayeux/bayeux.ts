import type { Org } from '../org.ts';
import type { Allowance } from './allowance.ts';
import { createAllowance } from './allowance.ts';
import type { Routes } from './routes.ts';
import { createRoutes } from './routes.ts';
import type { Sessions } from './sessions.ts';
import { createSessions } from './sessions.ts';

/** What the answers to Bayeux messages share. */
export interface Bayeux {
  readonly org: Org;
  readonly sessions: Sessions;
  readonly routes: Routes;
  readonly allowance: Allowance;
}

/** One POST, as the answers to its messages look at it. */
export interface Exchange {
  /** Of the API, such as 66. */
  readonly version: number;
  readonly token: string | undefined;
  /** The app server that the request has reached. */
  readonly server: number;
  readonly browser: string | undefined;
  readonly signal: AbortSignal;
  /** To be set by the reply. */
  readonly setCookies: string[];
}

export function createBayeux(org: Org): Bayeux {
  return { org, sessions: createSessions(org), routes: createRoutes(org), allowance: createAllowance(org) };
}
