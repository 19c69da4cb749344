// Runs the cases of cases.py with a verifier. Returns lines: one for each that went wrong, and a sum.
const bytes = (text) => text === null ? null : Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

export async function runCases(cases, verifyProof) {
  const lines = [];
  let good = 0, bad = 0;
  for (const { name, proof, content, expected, ok } of cases) {
    try {
      const proven = await verifyProof(bytes(proof), bytes(content), expected);
      ++good;
      if (!ok) lines.push(`accepted: ${name}`);
      if (ok && expected.path !== undefined && proven.path !== expected.path) lines.push(`another path: ${name}`);
    } catch (e) {
      ++bad;
      if (ok) lines.push(`refused: ${name}: ${e}`);
      // Only its own words: anything else is a fault of the verifier, or of WebCrypto that was given nonsense.
      if (!ok && !String(e.message).startsWith('proof: ')) lines.push(`no word of its own: ${name}: ${e.stack}`);
    }
  }
  lines.push(`${good} accepted, ${bad} refused, ${lines.length} wrong`);
  return lines;
}
