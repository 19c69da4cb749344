// Checks proofs of docteur (doc/PROOF.md) in a browser or in Node, with nothing but WebCrypto.
//
//   import { verifyProof } from './docteur-proof.js';
//   const proven = await verifyProof(proof, content, { commit: 'd6e2...', path: 'page.html' });
//
// `proof`: Uint8Array, what docteur-prove wrote or /.docteur/proof/PATH sent. `content`: Uint8Array, the bytes of the file
// (of a symbolic link its target); null: no content is compared. What is expected, at least one of the first three:
//   commit   id of the commit, 40 or 64 hexadecimal digits; in a compact proof with a signer only
//   signer   the signer's public key, 'ssh-ed25519 AAAA...': of the commit, of its tag, or of the list of files
//   root     of a compact proof: 'sha256:HEX', the root of the list of files
//   path     the path that must be proved
// Resolves to { form, commit, path, mode, kind, id, sha256, root, signed }, or rejects with an Error that says what is
// wrong. Nothing is fetched, and nothing is kept.

const MAX_PROOF = 64 << 20, MAX_PATH = 8192, MAX_DEPTH = 2048, MAX_TAGS = 64, MAX_SIGNATURE = 8192;
const KINDS = { 1: { name: 'sha1', hash: 'SHA-1', size: 20 }, 2: { name: 'sha256', hash: 'SHA-256', size: 32 } };
const MODES = new Map([[0o100644, 'file'], [0o100755, 'file'], [0o120000, 'link'], [0o160000, 'submodule']]);
const encoder = new TextEncoder();

function fail(why) { throw new Error(`proof: ${why}`); }
function hex(b) { return Array.from(b, (v) => v.toString(16).padStart(2, '0')).join(''); }
function latin1(b) {
  let s = '';
  for (let i = 0; i < b.length; i += 8192) s += String.fromCharCode(...b.subarray(i, i + 8192));
  return s;
}
function fromLatin1(s) { return Uint8Array.from(s, (c) => c.charCodeAt(0)); }
function equal(a, b) { return a.length === b.length && a.every((v, i) => v === b[i]); }
function concat(...parts) {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) { all.set(p, at); at += p.length; }
  return all;
}
// WebCrypto: browsers have it in secure contexts only, and Node 18 has it in a module only.
async function webCrypto() {
  const { subtle } = globalThis.crypto ?? (await import('node:crypto')).webcrypto;
  return subtle ?? fail('WebCrypto is absent: not a secure context (https or localhost)');
}
async function digest(algorithm, data) { return new Uint8Array(await (await webCrypto()).digest(algorithm, data)); }
// The id of a Git object.
function objectId(kind, type, content) {
  return digest(kind.hash, concat(encoder.encode(`${type} ${content.length}\0`), content));
}

// Reads forward; every bound is checked here.
class Cursor {
  constructor(data) { this.data = data; this.at = 0; }
  take(n) {
    if (n > this.data.length - this.at) fail('it is cut short');
    return this.data.subarray(this.at, this.at += n);
  }
  byte() { return this.take(1)[0]; }
  number(most) {
    let value = 0, scale = 1;
    for (let i = 0; i < 7; ++i, scale *= 128) {
      const b = this.byte();
      value += (b & 127) * scale;
      if (b >= 128) continue;
      if (b === 0 && i > 0) fail('a number takes more bytes than needed');
      if (value > most) fail('a number is over its limit');
      return value;
    }
    return fail('a number is over its limit');
  }
  sized(most) { return this.take(this.number(most)); }
  end() { if (this.at !== this.data.length) fail('bytes behind its end'); }
}

function sshString(c) {
  const [a, b, d, e] = c.take(4);
  return c.take(((a << 24) | (b << 16) | (d << 8) | e) >>> 0);
}
function toSshString(b) {
  return concat(new Uint8Array([b.length >>> 24, b.length >>> 16, b.length >>> 8, b.length]), b);
}

function parseSigner(text) {
  const [type, base64] = String(text).trim().split(/\s+/);
  if (type !== 'ssh-ed25519' || !base64) fail('the signer is not a key "ssh-ed25519 AAAA..."');
  let blob;
  try { blob = fromLatin1(atob(base64)); } catch { fail('the signer\'s key is not base64'); }
  const c = new Cursor(blob);
  if (latin1(sshString(c)) !== 'ssh-ed25519') fail('the signer\'s key is of another type');
  const key = sshString(c);
  c.end();
  if (key.length !== 32) fail('length of the signer\'s key');
  return { blob, key };
}

// PROTOCOL.sshsig of OpenSSH. Throws unless `raw` is a signature of `message` by the signer under the namespace.
async function checkSsh(raw, message, namespace, signer) {
  const c = new Cursor(raw);
  if (latin1(c.take(6)) !== 'SSHSIG' || !equal(c.take(4), [0, 0, 0, 1])) fail('not an SSH signature');
  if (!equal(sshString(c), signer.blob)) fail('signed with another key');
  if (latin1(sshString(c)) !== namespace) fail('the signature is for another namespace');
  const reserved = sshString(c);
  const algorithm = latin1(sshString(c));
  const hash = { sha256: 'SHA-256', sha512: 'SHA-512' }[algorithm] ?? fail('unknown hash of the signature');
  const blob = new Cursor(sshString(c));
  c.end();
  if (latin1(sshString(blob)) !== 'ssh-ed25519') fail('unknown algorithm of the signature');
  const signature = sshString(blob);
  blob.end();
  const payload = concat(encoder.encode('SSHSIG'), toSshString(encoder.encode(namespace)), toSshString(reserved),
    toSshString(encoder.encode(algorithm)), toSshString(await digest(hash, message)));
  const subtle = await webCrypto();
  const key = await subtle.importKey('raw', signer.key, { name: 'Ed25519' }, false, ['verify']);
  if (!await subtle.verify({ name: 'Ed25519' }, key, signature, payload)) fail('a bad signature');
}

function unarmour(text) {
  const found = /^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----\n?$/.exec(text);
  if (!found) fail('not signed by an SSH key');
  const base64 = found[1].replaceAll('\n', '');
  let raw = '';
  try { raw = atob(base64); } catch { fail('the signature is not base64'); }
  return btoa(raw) === base64 ? fromLatin1(raw) : fail('the signature is not base64');
}

// As git's parse_buffer_signed_by_header(): what was signed is the commit without the headers that begin with "gpgsig".
function splitCommit(kind, text) {
  const own = kind.name === 'sha1' ? 'gpgsig ' : 'gpgsig-sha256 ';
  let payload = '', signature = '', count = 0, where = 'kept', at = 0;
  while (at < text.length) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline + 1;
    let line = text.slice(at, end);
    if (line === '\n') { payload += text.slice(at); break; }
    at = end;
    if (line.startsWith(' ')) {
      if (where === 'signature') line = line.slice(1);
    } else if (line.startsWith(own)) {
      where = 'signature'; line = line.slice(own.length); ++count;
    } else {
      where = line.startsWith('gpgsig') ? 'other' : 'kept';
    }
    if (where === 'kept') payload += line;
    if (where === 'signature') signature += line;
  }
  if (count > 1) fail('the commit has more than one signature');
  return { payload, signature };
}

// As git's parse_signed_buffer(): a tag's signature follows its message.
function splitTag(kind, text) {
  const begin = text.lastIndexOf('\n-----BEGIN SSH SIGNATURE-----\n') + 1;
  if (begin === 0) return { payload: text, signature: '' };
  const head = splitCommit(kind, text.slice(0, begin));
  if (head.signature) fail('the tag has more than one signature');
  return { payload: head.payload, signature: text.slice(begin) };
}

// Headers "tree ID", "object ID" and "type T" as Git writes them.
function header(text, at, key, value) {
  const line = new RegExp(`^${key} (${value})\n`).exec(text.slice(at, at + 256));
  if (!line) fail(`no ${key} where it belongs`);
  return { value: line[1], end: at + line[0].length };
}
function idPattern(kind) { return `[0-9a-f]{${2 * kind.size}}`; }
function treeOf(kind, text) {
  const tree = header(text, 0, 'tree', idPattern(kind));
  if (tree.end === text.length) fail('a commit that is its tree alone');
  return tree.value;
}
function targetOf(kind, text) {
  const object = header(text, 0, 'object', idPattern(kind));
  return { id: object.value, type: header(text, object.end, 'type', '[a-z]+').value };
}

// The entry of a tree by its name, which occurs once. `name`: as latin1.
function findEntry(kind, tree, name) {
  let found = null;
  const c = new Cursor(tree);
  while (c.at < tree.length) {
    const space = tree.indexOf(32, c.at), zero = tree.indexOf(0, c.at);
    if (space < 0 || zero < 0 || space > zero || space - c.at > 7) fail('a malformed tree');
    const modeAt = c.at;
    c.at = zero + 1;
    const id = c.take(kind.size);
    if (zero - space - 1 !== name.length) continue;
    let i = 0;
    while (i < name.length && tree[space + 1 + i] === name.charCodeAt(i)) ++i;
    if (i < name.length) continue;
    if (found) fail('a name that occurs twice in a tree');
    const mode = latin1(tree.subarray(modeAt, space));
    if (!/^[0-7]+$/.test(mode)) fail('a malformed tree');
    found = { mode: parseInt(mode, 8), id };
  }
  return found ?? fail('a tree without the path');
}
function kindOfMode(mode) {
  switch (mode & 0o170000) {
    case 0o040000: return 'folder';
    case 0o100000: return 'file';
    case 0o120000: return 'link';
    case 0o160000: return 'submodule';
    default: return fail('a mode that Git does not know');
  }
}

async function takeTags(c, kind) {
  const tags = [];
  let last = null;
  for (let left = c.number(MAX_TAGS); left > 0; --left) {
    const content = c.sized(MAX_PROOF), id = hex(await objectId(kind, 'tag', content));
    if (last && (last.type !== 'tag' || last.id !== id)) fail('a tag that the one before does not name');
    const text = latin1(content);
    last = targetOf(kind, text);
    tags.push(text);
  }
  return { tags, last };
}

// The trees from the root to the path.
async function takeTrees(c, kind, names, root) {
  let entry = { mode: 0o40000, id: root };
  for (const name of names) {
    if (kindOfMode(entry.mode) !== 'folder') fail('a name on the way is no folder');
    const tree = c.sized(MAX_PROOF);
    if (hex(await objectId(kind, 'tree', tree)) !== entry.id) fail('a tree does not match its id');
    const found = findEntry(kind, tree, name);
    entry = { mode: found.mode, id: hex(found.id) };
  }
  return entry;
}

async function checkCommitSigner(kind, tags, commit, signer) {
  let why = null;
  for (const { payload, signature } of [splitCommit(kind, commit), ...tags.map((t) => splitTag(kind, t))]) {
    if (!signature) continue;
    try {
      await checkSsh(unarmour(signature), fromLatin1(payload), 'git', signer);
      return;
    } catch (e) { why = e; }
  }
  throw why ?? new Error('proof: neither the commit nor a tag is signed');
}

function checkPath(raw, expected) {
  const path = new TextDecoder().decode(raw);  // for people; what is compared are bytes
  if (expected.path !== undefined && !equal(encoder.encode(expected.path), raw)) fail(`of the path ${path}`);
  return path;
}

async function verifyCommitForm(c, kind, content, expected) {
  const rawPath = c.sized(MAX_PATH), path = latin1(rawPath);
  const names = path === '' ? [] : path.split('/');
  if (names.some((n) => n === '') || names.length > MAX_DEPTH) fail('a malformed path');
  const { tags, last } = await takeTags(c, kind);
  const commit = c.sized(MAX_PROOF), id = hex(await objectId(kind, 'commit', commit)), text = latin1(commit);
  if (last && (last.type !== 'commit' || last.id !== id)) fail('a commit that the tag does not name');
  const entry = await takeTrees(c, kind, names, treeOf(kind, text));
  c.end();
  if (expected.root !== undefined) fail('not a compact proof, which alone has a root');
  if (expected.commit !== undefined && String(expected.commit).toLowerCase() !== id) fail(`for commit ${id}`);
  if (expected.commit === undefined && expected.signer === undefined) fail('a commit or a signer must be expected');
  if (expected.signer !== undefined) await checkCommitSigner(kind, tags, text, parseSigner(expected.signer));
  const what = kindOfMode(entry.mode);
  if (content !== null) {
    if (what !== 'file' && what !== 'link') fail(`the path is a ${what}, which has no content`);
    if (hex(await objectId(kind, 'blob', content)) !== entry.id) fail('other content than in the commit');
  }
  return { form: 'commit', commit: id, path: checkPath(rawPath, expected), mode: entry.mode, kind: what, id: entry.id,
    sha256: null, root: null, signed: expected.signer !== undefined };
}

function toNumber(v) {
  const out = [];
  for (; v >= 128; v = Math.floor(v / 128)) out.push(128 | (v % 128));
  return new Uint8Array([...out, v]);
}
// The root that follows from a leaf: RFC 9162, section 2.1.3.2.
async function takeRoot(c, leaf, index, files) {
  let node = leaf;
  for (let last = files - 1; last > 0; index = Math.floor(index / 2), last = Math.floor(last / 2)) {
    const isRight = index % 2 === 1;
    if (!isRight && index === last) continue;
    const sibling = c.take(32);
    node = await digest('SHA-256', isRight ? concat([1], sibling, node) : concat([1], node, sibling));
  }
  return node;
}

async function verifyListForm(c, kind, content, expected) {
  const rawPath = c.sized(MAX_PATH), mode = c.number(0o777777), known = c.sized(32);
  if (rawPath.length === 0 || !MODES.has(mode) || (known.length !== 0 && known.length !== 32)) fail('malformed');
  const index = c.number(0xffffffff), files = c.number(0xffffffff), date = c.number(2 ** 40);
  if (index >= files) fail('the index of the leaf');
  const commit = hex(c.take(kind.size));
  if (content === null && known.length === 0) fail('it needs the content');
  if (content !== null && MODES.get(mode) === 'submodule') fail('the path is a submodule, which has no content');
  const sha256 = content === null ? known : await digest('SHA-256', content);
  if (known.length !== 0 && !equal(known, sha256)) fail('other content than in the list');
  const leaf = await digest('SHA-256', concat([0], toNumber(rawPath.length), rawPath, toNumber(mode), sha256));
  const root = `sha256:${hex(await takeRoot(c, leaf, index, files))}`;
  const signatureKind = c.byte(), signature = signatureKind === 0 ? null : c.sized(MAX_SIGNATURE);
  c.end();
  if (expected.root === undefined && expected.signer === undefined) fail('a root or a signer must be expected');
  if (expected.root !== undefined && expected.root !== root) fail(`leads to the root ${root}`);
  if (expected.commit !== undefined) {
    if (expected.signer === undefined) fail('only a signer vouches for the commit of a compact proof');
    if (String(expected.commit).toLowerCase() !== commit) fail(`for commit ${commit}`);
  }
  if (expected.signer !== undefined) {
    if (signatureKind !== 1) fail('not signed by an SSH key');
    const statement = `docteur list 1\ncommit ${kind.name}:${commit}\ndate ${date}\nfiles ${files}\nroot ${root}\n`;
    await checkSsh(signature, encoder.encode(statement), 'docteur', parseSigner(expected.signer));
  }
  return { form: 'list', commit: expected.signer === undefined ? null : commit, path: checkPath(rawPath, expected), mode, kind: MODES.get(mode), id: null,
    sha256: hex(sha256), root, signed: expected.signer !== undefined };
}

export async function verifyProof(proof, content, expected) {
  if (!(proof instanceof Uint8Array) || proof.length > MAX_PROOF) fail('no bytes, or too many');
  if (content !== null && !(content instanceof Uint8Array)) fail('content is neither bytes nor null');
  const c = new Cursor(proof);
  if (latin1(c.take(4)) !== 'DPRF') fail('not a proof');
  if (c.byte() !== 1) fail('unknown version');
  const form = c.byte(), kind = KINDS[c.byte()];
  if ((form !== 1 && form !== 2) || !kind) fail('unknown form or hash');
  return (form === 1 ? verifyCommitForm : verifyListForm)(c, kind, content, expected ?? {});
}
