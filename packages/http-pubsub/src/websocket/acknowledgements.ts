/** Acknowledgements that wait until it is their turn: a broadcaster takes them only in the order of what it has sent. */
export interface Acknowledgements<T> {
  /** How many are due, or wait for one that is not ready. */
  readonly size: number;
  /** Takes a place in the order. The returned function says that it may go; works twice. */
  expect(acknowledgement: T): () => void;
  /** Those that wait are forgotten, later ones do nothing. */
  end(): void;
}

export function createAcknowledgements<T>(send: (acknowledgement: T) => void): Acknowledgements<T> {
  let line: { readonly acknowledgement: T; ready: boolean }[] = [];

  function sendReady(): void {
    while (line[0]?.ready) {
      const [first] = line.splice(0, 1);
      if (first) send(first.acknowledgement);
    }
  }

  return {
    get size() {
      return line.length;
    },
    expect(acknowledgement) {
      const place = { acknowledgement, ready: false };
      line.push(place);
      return () => {
        place.ready = true;
        sendReady();
      };
    },
    end() {
      line = [];
    },
  };
}
