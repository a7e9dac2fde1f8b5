// GraphQL Yoga with graphql-jit, dataloader and undici: the same graph and the same reads as the Python peers.
import { createServer } from "node:http";
import { useGraphQlJit } from "@envelop/graphql-jit";
import { createSchema, createYoga } from "graphql-yoga";
import { reads } from "./reads.js";

const typeDefs = /* GraphQL */ `
  enum PlatformKey { QUANTCONNECT TESTOMATO }
  enum Role { OWNER ADMIN EDITOR VIEWER CUSTOM }
  type Member {
    upstreamId: String!
    name: String
    email: String
    avatarUrl: String
    bio: String
    role: Role!
    nativeRole: String!
    isOwner: Boolean!
  }
  type MemberConnection { nodes: [Member!]! }
  type Project { upstreamId: String! name: String! platform: PlatformKey! members: MemberConnection }
  type ProjectConnection { nodes: [Project!]! }
  type Query {
    projects(first: Int = 50): ProjectConnection
    projectByUpstreamId(platform: PlatformKey!, upstreamId: String!): Project
  }
`;

const resolvers = {
  Query: {
    projects: async (_root, _arguments, context) => ({ nodes: await context.reads.projects() }),
    projectByUpstreamId: (_root, { platform, upstreamId }, context) => context.reads.project(platform, upstreamId),
  },
  Project: {
    members: async (project, _arguments, context) => ({ nodes: await context.reads.members(project) }),
  },
};

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  context: () => ({ reads: reads() }),
  plugins: [useGraphQlJit()],
  logging: false,
  graphiql: false,
  landingPage: false,
});

createServer(yoga).listen(Number(process.env.PORT), "127.0.0.1");
