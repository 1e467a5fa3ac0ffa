import packageJson from "../../package.json" with { type: "json" };

export const CLIENT_VERSION: string = packageJson.version;
