import { formatImageName } from "../../client/image-name.ts";
import { ImageApi } from "../../client/images.ts";
import { CommandError, command } from "../command.ts";
import { bool, text } from "../flags/flag.ts";
import { asRecord, asText } from "../format/json-object.ts";
import { print } from "../io.ts";
import { showProgress } from "../progress/show-progress.ts";
import { chooseImage } from "../registry/choose-image.ts";
import { findRegistryAuth } from "../registry/registry-auth.ts";
import { encodePlatform } from "../run/platform.ts";
import { abortOnInterrupt } from "../terminal/interrupt.ts";
import { bold, green, printNote, red } from "../terminal/note.ts";

export const push = command({
  usage: "[OPTIONS] NAME[:TAG]",
  operands: { min: 1, max: 1 },
  completes: "images",
  flags: {
    "all-tags": bool("Push all tags of an image to the repository", { short: "a" }),
    "disable-content-trust": bool("Skip image signing", { initial: true }),
    platform: text(`Push a platform-specific manifest as a single-platform image to the registry.
Image index won't be pushed, meaning that other manifests, including attestations won't be preserved.
'os[/arch[/variant]]': Explicit platform (eg. linux/amd64)`),
    quiet: bool("Suppress verbose output", { short: "q" }),
  },
  async run({ flags, operands, io, connect }) {
    // Not from DOCKER_DEFAULT_PLATFORM: what is pushed should be what there is.
    const platform = flags.platform === "" ? undefined : encodePlatform(flags.platform);
    if (platform !== undefined) await printNote(io, "stdout", PLATFORM_NOTE);
    const image = await chooseImage(operands[0] ?? "", flags, io);
    if (image.digest !== "") throw new CommandError("cannot push a digest reference");
    return abortOnInterrupt(io, async (signal) => {
      const auth = await findRegistryAuth(image.registry, io);
      const images = new ImageApi(await connect());
      const notes: string[] = [];
      try {
        const lines = await images.push(image, { auth, platform, signal });
        const onAux = (aux: unknown) => notes.push(...describeAux(asRecord(aux)));
        await showProgress(lines, io, { quiet: flags.quiet, onAux });
        if (flags.quiet) await print(io.stdout, `${formatImageName(image)}\n`);
      } finally {
        for (const note of notes) await printNote(io, "stdout", note);
      }
      return 0;
    });
  },
});

const PLATFORM = bold("--platform");

const PLATFORM_NOTE = `Using ${PLATFORM} pushes only the specified platform manifest of a multi-platform image index.
Other components, like attestations, will not be included.
To push the complete multi-platform image, remove the ${PLATFORM} flag.
`;

const MISSING_NOTE = `You're trying to push a manifest list/index which
references multiple platform specific manifests, but not all of them are available locally
or available to the remote repository.

Make sure you have all the referenced content and try again.

You can also push only a single platform specific manifest directly by specifying the platform you want to push with the ${PLATFORM} flag.`;

/** What the user should know of what the daemon made of the push. */
function describeAux(aux: ReturnType<typeof asRecord>): readonly string[] {
  const digestOf = (field: string) => asText(asRecord(aux[field])["digest"]);
  const instead = `Not all multiplatform-content is present and only the available single-platform image was pushed
${red(digestOf("originalIndex"))} -> ${green(digestOf("selectedManifest"))}`;
  return [
    ...(aux["manifestPushedInsteadOfIndex"] === true ? [instead] : []),
    ...(aux["contentMissing"] === true ? [MISSING_NOTE] : []),
  ];
}
