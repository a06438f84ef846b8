import type { BatchAppendResp } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import type { Code as StatusCode } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/code_pb.js';
import type { Protocol } from '../protocol/protocol.ts';
import type { WriteResult } from '../store/event-store.ts';
import type { ExpectedRevision } from '../store/expected-revision.ts';
import { streamIdentifier } from './record-message.ts';

/** What of a message is needed to pack it. */
interface Packable {
  serializeBinary(): Uint8Array;
}

/** The answers of batched appends. Errors are packed into a status of their own: the call goes on. */
export function batchResponses({ streams, shared, status, code, google }: Protocol) {
  const { Code } = code;

  function answer(id: string, stream: string): BatchAppendResp {
    const uuid = new shared.UUID();
    uuid.setString(id);
    const response = new streams.BatchAppendResp();
    response.setCorrelationId(uuid);
    response.setStreamIdentifier(streamIdentifier({ shared }, stream));
    return response;
  }

  function failure(
    { id, stream, name, code: statusCode }: { id: string; stream: string; name: string; code: StatusCode },
    details: Packable,
    message: string,
  ): BatchAppendResp {
    const packed = new google.Any();
    packed.pack(details.serializeBinary(), `event_store.client.${name}`);
    const error = new status.Status();
    error.setCode(statusCode);
    error.setMessage(message);
    error.setDetails(packed);
    return answer(id, stream).setError(error);
  }

  return {
    written(id: string, stream: string, { revision, position }: WriteResult & { outcome: 'written' }) {
      const success = new streams.BatchAppendResp.Success();
      if (revision < 0n) success.setNoStream(new google.Empty());
      else success.setCurrentRevision(String(revision));
      if (position) {
        const at = new shared.AllStreamPosition();
        at.setCommitPosition(String(position.commit));
        at.setPreparePosition(String(position.prepare));
        success.setPosition(at);
      } else success.setNoPosition(new google.Empty());
      return answer(id, stream).setSuccess(success);
    },
    wrongExpectedVersion(id: string, stream: string, expected: ExpectedRevision, actual: bigint) {
      const wrong = new shared.WrongExpectedVersion();
      if (actual < 0n) wrong.setCurrentNoStream(new google.Empty());
      else wrong.setCurrentStreamRevision(String(actual));
      if (typeof expected === 'bigint') wrong.setExpectedStreamPosition(String(expected));
      else if (expected === 'any') wrong.setExpectedAny(new google.Empty());
      else if (expected === 'no_stream') wrong.setExpectedNoStream(new google.Empty());
      else wrong.setExpectedStreamExists(new google.Empty());
      const kind = { id, stream, name: 'WrongExpectedVersion', code: Code.FAILED_PRECONDITION };
      return failure(kind, wrong, 'Append failed due to WrongExpectedVersion.');
    },
    streamDeleted(id: string, stream: string) {
      const deleted = new shared.StreamDeleted();
      deleted.setStreamIdentifier(streamIdentifier({ shared }, stream));
      const kind = { id, stream, name: 'StreamDeleted', code: Code.FAILED_PRECONDITION };
      return failure(kind, deleted, `Event stream '${stream}' is deleted.`);
    },
    accessDenied(id: string, stream: string) {
      const kind = { id, stream, name: 'AccessDenied', code: Code.PERMISSION_DENIED };
      return failure(kind, new shared.AccessDenied(), 'Access Denied');
    },
    tooLarge(id: string, stream: string, most: number) {
      const details = new shared.MaximumAppendSizeExceeded();
      details.setMaxappendsize(most);
      const kind = { id, stream, name: 'MaximumAppendSizeExceeded', code: Code.INVALID_ARGUMENT };
      return failure(kind, details, `Maximum Append Size of ${most} Exceeded.`);
    },
  };
}
