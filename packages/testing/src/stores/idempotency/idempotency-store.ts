import type { IdempotencyStore } from '@millrace/core';
import type { ConformanceProperty } from '../../conformance.ts';
import type { LeaseFixture } from '../fixtures.ts';
import { claimProperties } from './claims.ts';
import { completionProperties } from './completion.ts';
import { fingerprintProperties } from './fingerprints.ts';
import { leaseProperties } from './leases.ts';
import { releaseProperties } from './release.ts';

/**
 * What has to hold for an `IdempotencyStore`. The holes (a), (b) and (c) were found in a widely used library; each
 * lets an event take effect twice, or refuses one that took effect.
 */
export const idempotencyStoreProperties: readonly ConformanceProperty<LeaseFixture<IdempotencyStore>>[] = [
  ...claimProperties,
  ...leaseProperties,
  ...completionProperties,
  ...releaseProperties,
  ...fingerprintProperties,
];
