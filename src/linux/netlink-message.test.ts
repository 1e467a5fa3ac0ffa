import { expect, test } from "bun:test";
import { NetworkNamespace } from "../../test/support/network-namespace.ts";
import { NETLINK, NetlinkSocket } from "./netlink.ts";
import {
  attribute,
  be32Attribute,
  decodeAttributes,
  decodeMessages,
  decodeText,
  encodeMessage,
  encodeSequence,
  findAttribute,
  NLM_F,
  nested,
  textAttribute,
  u32Attribute,
} from "./netlink-message.ts";
import { decodeAddress, decodeRoute } from "./rtnetlink-address.ts";
import { newVeth } from "./rtnetlink-create.ts";
import { decodeLink, dumpLinks } from "./rtnetlink-link.ts";

test("encodeMessage() writes head, header and padded attributes", () => {
  const message = encodeMessage({
    type: 16,
    flags: NLM_F.ACK,
    header: Uint8Array.of(1, 2, 3),
    attributes: [textAttribute(3, "br0"), attribute(4, Uint8Array.of(9))],
  });

  expect(Buffer.from(message).toString("hex")).toBe(
    ["24000000", "1000", "0500", "00000000", "00000000", "01020300"]
      .concat("0800", "0300", "62723000", "0500", "0400", "09000000")
      .join(""),
  );
});

test("numbers have the byte order of their family", () => {
  expect([...u32Attribute(1, 258)]).toEqual([8, 0, 1, 0, 2, 1, 0, 0]);
  expect([...be32Attribute(1, 258)]).toEqual([8, 0, 1, 0, 0, 0, 1, 2]);
  expect([...be32Attribute(1, -3)]).toEqual([8, 0, 1, 0, 255, 255, 255, 253]);
});

test("what was encoded decodes to the same", () => {
  const attributes = [nested(18, textAttribute(1, "veth")), attribute(5, new Uint8Array(0))];
  const message = encodeMessage({ type: 20, flags: 0, attributes });
  encodeSequence(message, 7);

  const [decoded, ...more] = decodeMessages(Buffer.concat([message, message]));
  const outer = decodeAttributes(decoded?.payload ?? new Uint8Array(0));
  const inner = decodeAttributes(findAttribute(outer, 18) ?? new Uint8Array(0));

  expect(decoded).toMatchObject({ type: 20, sequence: 7 });
  expect(more).toHaveLength(1);
  expect(inner.map(({ payload }) => decodeText(payload))).toEqual(["veth"]);
  expect(findAttribute(outer, 5)).toHaveLength(0);
});

test.each(["a\0b", "\0"])(
  "a text with a NUL is refused: the kernel would read another: %j",
  (text) => {
    expect(() => textAttribute(3, text)).toThrow("has a NUL");
  },
);

test("an attribute too long for its length field is refused", () => {
  expect(() => attribute(1, new Uint8Array(0x10000))).toThrow("over 64 KiB");
});

test.each(["", "02:42:00:00:00", "02:42:00:00:00:00:00", "0g:42:00:00:00:00", "024200000000"])(
  "newVeth() refuses the MAC address %j",
  (macAddress) => {
    const host = { name: "a", index: 5, masterIndex: 2 };
    const peer = { name: "eth0", index: 6, namespaceFd: 3, macAddress };

    expect(() => newVeth({ host, peer, mtu: 1500 })).toThrow("Invalid MAC address");
  },
);

test.each([
  ["a message shorter than its head", [15, 0, 0, 0]],
  ["a length below the head's", [15, 0, 0, 0, ...Array(12).fill(0)]],
  ["a length of zero, which would never end", Array(16).fill(0)],
  ["a length past the end", [17, 0, 0, 0, ...Array(12).fill(0)]],
  ["a length of 4 GiB", [255, 255, 255, 255, ...Array(12).fill(0)]],
])("decodeMessages() refuses %s", (_, bytes) => {
  expect(() => decodeMessages(Uint8Array.from(bytes))).toThrow("Cannot decode netlink message");
});

test.each([
  ["a head cut off", [5, 0, 1]],
  ["a length below the head's", [3, 0, 1, 0]],
  ["a length of zero, which would never end", [0, 0, 1, 0]],
  ["a length past the end", [9, 0, 1, 0, 0, 0, 0, 0]],
])("decodeAttributes() refuses %s", (_, bytes) => {
  expect(() => decodeAttributes(Uint8Array.from(bytes))).toThrow("Cannot decode netlink message");
});

test("a real message that is cut anywhere is refused, and never read past its end", () => {
  using namespace = new NetworkNamespace();
  using socket = namespace.run(() => new NetlinkSocket(NETLINK.ROUTE));
  const [message] = socket.dump(dumpLinks());
  const payload = message?.payload ?? new Uint8Array(0);
  const whole = Buffer.concat([encodeMessage({ type: 16, flags: 0 }), payload]);
  whole.writeUInt32LE(whole.length, 0);

  for (let length = 1; length < whole.length; length++) {
    expect(() => decodeMessages(whole.subarray(0, length))).toThrow("Cannot decode");
  }
});

test("whatever bytes come, the decoders decode them or refuse them", () => {
  // A linear congruential generator: the same bytes in each run.
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state >>> 16;
  };
  const decoders = [decodeLink, decodeAddress, decodeRoute];
  const outcomes = new Set<string>();

  for (let round = 0; round < 20_000; round++) {
    const payload = Uint8Array.from({ length: random() % 64 }, (_, index) =>
      // Plausible lengths and types, so that not all end at the first attribute.
      index % 4 === 0 ? 4 + (random() % 12) : index % 4 === 2 ? random() % 32 : random() % 2,
    );
    const decode = decoders[round % decoders.length];
    try {
      decode?.({ type: 0, flags: 0, sequence: 0, payload });
      outcomes.add("decoded");
    } catch (error) {
      outcomes.add((error as Error).message.slice(0, 29));
    }
  }

  expect(outcomes).toEqual(new Set(["decoded", "Cannot decode netlink message"]));
});
