import {
  describeGroupsV5,
  findCoordinatorV4,
  heartbeatV4,
  initProducerIdV4,
  joinGroupV9,
  leaveGroupV5,
  listOffsetsV7,
  metadataV12,
  offsetCommitV8,
  offsetFetchV8,
  syncGroupV5,
} from '@platformatic/kafka';
import { fetchPartitions } from './fetch-answer.ts';
import { produceBatches } from './produce-request.ts';

/** The requests that are sent, each in one version that Apache Kafka has from 3.5 to 4.2. */
const needed = [
  { name: 'DescribeGroups', api: describeGroupsV5.api },
  { name: 'Fetch', api: fetchPartitions },
  { name: 'FindCoordinator', api: findCoordinatorV4.api },
  { name: 'Heartbeat', api: heartbeatV4.api },
  { name: 'InitProducerId', api: initProducerIdV4.api },
  { name: 'JoinGroup', api: joinGroupV9.api },
  { name: 'LeaveGroup', api: leaveGroupV5.api },
  { name: 'ListOffsets', api: listOffsetsV7.api },
  { name: 'Metadata', api: metadataV12.api },
  { name: 'OffsetCommit', api: offsetCommitV8.api },
  { name: 'OffsetFetch', api: offsetFetchV8.api },
  { name: 'Produce', api: produceBatches },
  { name: 'SyncGroup', api: syncGroupV5.api },
];

/** As a broker says it in its answer to ApiVersions. */
interface Offered {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** Which of the requests a broker does not take, with their versions. */
export function notOffered(offers: readonly Offered[]): readonly string[] {
  const missing = needed.filter(({ api: { key, version } }) =>
    offers.every(
      ({ apiKey, minVersion, maxVersion }) => apiKey !== key || version < minVersion || version > maxVersion,
    ),
  );
  return missing.map(({ name, api }) => `${name} ${api.version}`);
}
