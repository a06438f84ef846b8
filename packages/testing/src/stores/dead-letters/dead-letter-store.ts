import type { DeadLetterStore } from '@millrace/core';
import type { ConformanceProperty } from '../../conformance.ts';
import type { StoreFixture } from '../fixtures.ts';
import { findingProperties } from './finding.ts';
import { keepingProperties } from './keeping.ts';

/** What has to hold for a `DeadLetterStore`. */
export const deadLetterStoreProperties: readonly ConformanceProperty<StoreFixture<DeadLetterStore>>[] = [
  ...keepingProperties,
  ...findingProperties,
];
