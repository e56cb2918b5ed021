/**
 * Owns the forecast: which uploads of this pod will be whole by the deadline, by their size and by how fast they came in
 * lately. Invariant: pure; an upload whose size or pace is not known is called unknown, never guessed.
 */

/** An upload as the runtime tells it; `expectedBytes` is its Content-Length, null where it has none. */
export interface UploadSight {
  readonly id: string;
  readonly receivedBytes: number;
  readonly expectedBytes: number | null;
}

/** What the runtime told, and when on our clock. */
export interface UploadLook {
  readonly atMs: number;
  readonly uploads: readonly UploadSight[];
}

export interface LateUpload {
  readonly id: string;
  readonly receivedBytes: number;
  readonly expectedBytes: number;
  /** Over the looks. */
  readonly bytesPerSecond: number;
}

export interface Forecast {
  readonly inTime: number;
  /** Will not be whole by the deadline, if nothing changes. */
  readonly late: readonly LateUpload[];
  /** Without Content-Length, or seen for the first time. */
  readonly unknown: number;
}

/** The forecast after the last of the looks (oldest first). @param leftMs from then to the deadline. */
export function forecast(looks: readonly UploadLook[], leftMs: number): Forecast {
  const last = looks.at(-1);
  const late: LateUpload[] = [];
  let [inTime, unknown] = [0, 0];
  for (const upload of last?.uploads ?? []) {
    const { id, receivedBytes, expectedBytes } = upload;
    const bytesPerSecond = paceOf(id, looks);
    if (expectedBytes === null || bytesPerSecond === undefined) unknown += 1;
    else if (receivedBytes + (bytesPerSecond * leftMs) / 1000 >= expectedBytes) inTime += 1;
    else late.push({ id, receivedBytes, expectedBytes, bytesPerSecond });
  }
  return { inTime, late, unknown };
}

/** From the first look that saw the upload to the last one; undefined where that is one and the same. */
function paceOf(id: string, looks: readonly UploadLook[]): number | undefined {
  const seen = looks.flatMap(({ atMs, uploads }) => {
    const upload = uploads.find((each) => each.id === id);
    return upload ? [{ atMs, receivedBytes: upload.receivedBytes }] : [];
  });
  const [first, last] = [seen[0], seen.at(-1)];
  if (!first || !last || last.atMs <= first.atMs) return undefined;
  return Math.round(((last.receivedBytes - first.receivedBytes) * 1000) / (last.atMs - first.atMs));
}
