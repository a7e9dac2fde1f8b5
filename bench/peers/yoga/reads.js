// Reading both platforms with undici, and sharing reads within a request with dataloader.
import { createHash } from "node:crypto";
import DataLoader from "dataloader";
import { Pool } from "undici";

const URL_OF_UPSTREAM = process.env.UPSTREAM_URL;
const TESTOMATO_IDS = process.env.TESTOMATO_IDS.split(",").filter(Boolean);
// Whether what the platforms said is kept, parsed, for all later requests.
const KEEP = Boolean(process.env.KEEP);
const EVERYTHING = "*";

const RANKS = ["OWNER", "ADMIN", "EDITOR", "VIEWER", "CUSTOM"];
const ROLE_OF_PERMISSION = { write: "EDITOR", read: "VIEWER" };
const ROLE_OF_ID = { 4: "ADMIN", 5: "EDITOR", 6: "VIEWER" };

const pool = new Pool(URL_OF_UPSTREAM, { connections: 100 });
let token;

async function send(method, path, headers, body) {
  const response = await pool.request({ method, path, headers, body });
  return response.body.text();
}

function signature() {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const digest = createHash("sha256").update(`0123456789abcdef0123456789abcdef:${timestamp}`).digest("hex");
  const pair = Buffer.from(`412000:${digest}`).toString("base64");
  return { authorization: `Basic ${pair}`, timestamp, "content-type": "application/json" };
}

async function readTradingProjects(projectId) {
  const body = projectId === EVERYTHING ? "{}" : JSON.stringify({ projectId: Number(projectId) });
  const reply = JSON.parse(await send("POST", "/api/v2/projects/read", signature(), body));
  return reply.projects.map(tradingProject);
}

async function readFromTestomato(path) {
  token ??= send(
    "POST",
    "/api/authenticate",
    { "content-type": "application/json" },
    JSON.stringify({ email: "ada.abbott.0@example.com", password: "made-up" }),
  );
  return JSON.parse(await send("GET", path, { authorization: `Bearer ${await token}` }));
}

async function readSite(id) {
  const source = await readFromTestomato(`/api/project/${id}`);
  return { upstreamId: source.id, name: source.title, platform: "TESTOMATO", people: null };
}

async function readUsers(id) {
  return sortedMembers((await readFromTestomato(`/api/project/${id}/users`)).map(userAsMember));
}

function tradingProject(source) {
  return {
    upstreamId: String(source.projectId),
    name: source.name,
    platform: "QUANTCONNECT",
    people: sortedMembers(source.collaborators.map(collaboratorAsMember)),
  };
}

function collaboratorAsMember(source) {
  return {
    upstreamId: source.publicId,
    name: source.name,
    email: source.email,
    avatarUrl: source.profileImage,
    bio: source.bio,
    role: source.owner ? "OWNER" : (ROLE_OF_PERMISSION[source.permission] ?? "CUSTOM"),
    nativeRole: source.owner ? "owner" : source.permission,
    isOwner: source.owner,
  };
}

function userAsMember(source) {
  return {
    upstreamId: source.id,
    name: source.name,
    email: source.email,
    avatarUrl: null,
    bio: null,
    role: source.isPayer ? "OWNER" : (ROLE_OF_ID[source.role.id] ?? "CUSTOM"),
    nativeRole: source.role.name,
    isOwner: source.isPayer,
  };
}

function compare(one, other) {
  return one < other ? -1 : one > other ? 1 : 0;
}

function sortedMembers(members) {
  return members.sort(
    (one, other) => RANKS.indexOf(one.role) - RANKS.indexOf(other.role) || compare(one.name, other.name),
  );
}

class Reads {
  constructor() {
    const each = (read) => new DataLoader((keys) => Promise.all(keys.map(read)));
    this.trading = each(readTradingProjects);
    this.sites = each(readSite);
    this.users = each(readUsers);
  }

  async projects() {
    const [trading, sites] = await Promise.all([
      this.trading.load(EVERYTHING),
      this.sites.loadMany(TESTOMATO_IDS),
    ]);
    return [...trading, ...sites].sort((one, other) => compare(one.name, other.name));
  }

  async project(platform, upstreamId) {
    if (platform === "TESTOMATO") return this.sites.load(upstreamId);
    return (await this.trading.load(upstreamId))[0] ?? null;
  }

  members(project) {
    return project.people ?? this.users.load(project.upstreamId);
  }
}

const kept = new Reads();

export const reads = () => (KEEP ? kept : new Reads());
