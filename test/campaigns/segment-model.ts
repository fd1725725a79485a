/** What a System V segment is, in the words of shmop(2): what each step of the campaign has to answer. */

/** Who has attached a segment, where, and how. */
export interface Attached {
  id: number;
  readOnly: boolean;
}

interface Segment {
  size: number;
  bytes: Map<number, number>;
  attachments: number;
  removed: boolean;
  key: number;
  /** The process that attached or detached it last. */
  lastPid: number;
}

export class Model {
  readonly #keys = new Map<number, number>();
  readonly #segments = new Map<number, Segment>();

  /** Identifiers that name something. */
  get ids(): number[] {
    return [...this.#segments.keys()];
  }

  /** What a key names: the identifier, or what the call answers where it is not to be found. */
  open(key: number, size: number): string {
    const id = this.#keys.get(key);
    if (id === undefined) return 'ENOENT';
    return this.#of(id).size < size ? 'EINVAL' : String(id);
  }

  has(key: number): boolean {
    return this.#keys.has(key);
  }

  /** A call has made one; false where its identifier is that of another. */
  made(key: number, size: number, id: number): boolean {
    if (this.#segments.has(id)) return false;
    this.#keys.set(key, id);
    const [bytes, attachments, removed, lastPid] = [new Map<number, number>(), 0, false, 0];
    this.#segments.set(id, { size, bytes, attachments, removed, key, lastPid });
    return true;
  }

  attach(id: number, pid: number): string {
    const segment = this.#segments.get(id);
    if (segment === undefined) return 'EINVAL';
    segment.attachments++;
    segment.lastPid = pid;
    return String(segment.size);
  }

  detach(id: number, pid: number): string {
    const segment = this.#of(id);
    segment.attachments--;
    segment.lastPid = pid;
    if (segment.removed && segment.attachments === 0) this.#segments.delete(id);
    return 'done';
  }

  remove(id: number): string {
    const segment = this.#segments.get(id);
    if (segment === undefined) return 'EINVAL';
    if (this.#keys.get(segment.key) === id) this.#keys.delete(segment.key);
    segment.key = 0;
    segment.removed = true;
    if (segment.attachments === 0) this.#segments.delete(id);
    return 'done';
  }

  status(id: number): string {
    const segment = this.#segments.get(id);
    if (segment === undefined) return 'EINVAL';
    const { size, attachments, removed, key, lastPid } = segment;
    return [size, attachments, removed ? 'removed' : 'there', key, lastPid].join(' ');
  }

  sizeOf(id: number): number {
    return this.#of(id).size;
  }

  write({ id, readOnly }: Attached, at: number, byte: number): string {
    if (readOnly) return 'EFAULT';
    this.#of(id).bytes.set(at, byte);
    return 'done';
  }

  /** Adds 1, through a view. */
  add({ id, readOnly }: Attached, at: number): string {
    if (readOnly) return 'EACCES';
    const { bytes } = this.#of(id);
    const byte = bytes.get(at) ?? 0;
    bytes.set(at, (byte + 1) % 256);
    return String(byte);
  }

  read({ id }: Attached, at: number): string {
    return String(this.#of(id).bytes.get(at) ?? 0);
  }

  #of(id: number): Segment {
    const segment = this.#segments.get(id);
    if (segment === undefined) throw new Error(`there is no segment ${String(id)}`);
    return segment;
  }
}
