import java.io.FileReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * Events and logins of each actor in windows of event time, from topics with `key: actor` and from the heartbeats.
 *
 * actors.windows  key "urn:auditstream:tines:acme zoe@example.org 2026-11-28T14:35:00Z", value {"events":17,"logins":2}: each record
 *                 replaces the one before
 * actors.alerts   the same key, once for each window that reaches alert.at logins, at the moment when it does
 * actors.final    the same key and value as in actors.windows, once for each window, when it is complete
 * actors.late     the ids of events that came after their window was complete: there should be none
 */
public final class ActorWindows {
  static final String WINDOWS = "actors.windows", ALERTS = "actors.alerts", FINAL = "actors.final", LATE = "actors.late";
  static final List<String> SINKS = List.of(WINDOWS, ALERTS, FINAL, LATE);

  public static void main(String[] arguments) throws Exception {
    Properties config = new Properties();
    try (FileReader file = new FileReader(arguments[0])) {
      config.load(file);
    }
    String[] topics = config.getProperty("topics").split(",");
    createTopics(config, topics[0]);

    StoreBuilder<?> sources = store("sources"), counts = store("counts"), ids = store("ids");
    Topology topology = new Topology();
    topology.addSource("events", new StringDeserializer(), new ByteArrayDeserializer(), topics)
        .addProcessor("count", () -> new Counter(config), "events")
        .addStateStore(sources, "count")
        .addStateStore(counts, "count")
        .addStateStore(ids, "count")
        .addGlobalStore(Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("heartbeats"), Serdes.String(), Serdes.String())
            .withLoggingDisabled(), "heartbeats in", new StringDeserializer(), new StringDeserializer(),
            config.getProperty("heartbeats"), "heartbeats kept", KeepLast::new);
    for (String sink : SINKS) {
      topology.addSink(sink, sink, new StringSerializer(), new StringSerializer(), "count");
    }

    KafkaStreams streams = new KafkaStreams(topology, config);
    CountDownLatch ended = new CountDownLatch(1);
    streams.setUncaughtExceptionHandler(problem -> {
      problem.printStackTrace();
      ended.countDown();
      return StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(20))));
    streams.start();
    ended.await();
    System.exit(1);
  }

  static StoreBuilder<?> store(String name) {
    return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.String(), Serdes.String());
  }

  static void createTopics(Properties config, String like) throws Exception {
    try (Admin admin = Admin.create(config)) {
      int partitions = admin.describeTopics(List.of(like)).allTopicNames().get().get(like).partitions().size();
      for (String name : SINKS) {
        NewTopic topic = new NewTopic(name, partitions, (short) -1);
        if (name.equals(WINDOWS)) topic.configs(Map.of("cleanup.policy", "compact"));
        try {
          admin.createTopics(List.of(topic)).all().get();
        } catch (ExecutionException problem) {
          if (!(problem.getCause() instanceof TopicExistsException)) throw problem;
        }
      }
    }
  }

  /** Keeps the last heartbeat of each source, in every instance. */
  static final class KeepLast implements Processor<String, String, Void, Void> {
    private KeyValueStore<String, String> store;

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      store = context.getStateStore("heartbeats");
    }

    @Override
    public void process(Record<String, String> heartbeat) {
      store.put(heartbeat.key(), heartbeat.value());
    }
  }

  /** "Everything before `until` is published, in `seq` events." */
  record Heartbeat(long until, long seq, long generation) {
    private static final Pattern SPELLED =
        Pattern.compile("\"complete_until\":\"([^\"]+)\",\"seq\":([0-9]+),\"generation\":([0-9]+)");

    static Heartbeat parse(String text) {
      Matcher parts = text == null ? null : SPELLED.matcher(text);
      return parts == null || !parts.find() ? new Heartbeat(Long.MIN_VALUE, 0, 0)
          : new Heartbeat(Instant.parse(parts.group(1)).toEpochMilli(), Long.parseLong(parts.group(2)), Long.parseLong(parts.group(3)));
    }

    /** Whether this partition has been read as far as the heartbeat reaches, once it was read to that number. */
    boolean holds(Source source) {
      return generation == source.generation && source.seq > seq;
    }
  }

  /** How far one source is, within one partition. */
  static final class Source {
    long generation, seq, time = Long.MIN_VALUE;
    long replayedTo = Long.MIN_VALUE;  // the latest time of an earlier generation
    long complete = Long.MIN_VALUE;    // windows that begin earlier are complete

    static Source parse(String text) {
      Source source = new Source();
      if (text == null) return source;
      String[] parts = text.split(" ");
      source.generation = Long.parseLong(parts[0]);
      source.seq = Long.parseLong(parts[1]);
      source.time = Long.parseLong(parts[2]);
      source.replayedTo = Long.parseLong(parts[3]);
      source.complete = Long.parseLong(parts[4]);
      return source;
    }

    @Override
    public String toString() {
      return generation + " " + seq + " " + time + " " + replayedTo + " " + complete;
    }
  }

  /**
   * Closes the windows of each source when that source says that they are complete. Kafka Streams' windows close by the latest time
   * of a task, which reads all topics: then what happens now closes the windows of the past that is read beside it.
   */
  static final class Counter implements Processor<String, byte[], String, String> {
    private final Set<String> logins;
    private final long size, alertAt;
    private ProcessorContext<String, String> context;
    private KeyValueStore<String, String> sources;
    private KeyValueStore<String, String> counts;  // of open windows: SOURCE START ACTOR
    private KeyValueStore<String, String> ids;     // of their events: SOURCE START ID
    private KeyValueStore<String, String> heartbeats;

    Counter(Properties config) {
      logins = Set.of(config.getProperty("logins").split(","));
      size = Long.parseLong(config.getProperty("window.ms"));
      alertAt = Long.parseLong(config.getProperty("alert.at"));
    }

    @Override
    public void init(ProcessorContext<String, String> given) {
      context = given;
      sources = context.getStateStore("sources");
      counts = context.getStateStore("counts");
      ids = context.getStateStore("ids");
      heartbeats = context.getStateStore("heartbeats");
    }

    @Override
    public void process(Record<String, byte[]> event) {
      String name = header(event, "ce_source"), id = header(event, "ce_id"), seq = header(event, "auditstream_seq");
      if (name == null) return;  // not auditstream's
      Source source = Source.parse(sources.get(name));
      long generation = Long.parseLong(header(event, "auditstream_generation"));
      if (generation > source.generation) {
        source.replayedTo = source.time;
        source.generation = generation;
        source.seq = 0;
      }
      if (seq != null) {  // what `verify --repair` has published has none
        if (generation < source.generation || Long.parseLong(seq) <= source.seq) return;  // was here already
        source.seq = Long.parseLong(seq);
      }
      Heartbeat heartbeat = Heartbeat.parse(heartbeats.get(name.substring(name.lastIndexOf(':') + 1)));
      if (heartbeat.holds(source) && start(heartbeat.until()) > source.complete) {
        source.complete = start(heartbeat.until());
        close(event, name, source.complete);
      }
      count(event, source, name, id);
      source.time = Math.max(source.time, event.timestamp());
      sources.put(name, source.toString());
    }

    private void count(Record<String, byte[]> event, Source source, String name, String id) {
      long start = start(event.timestamp());
      boolean again = event.timestamp() <= source.replayedTo;
      if (start < source.complete) {
        // What an operator publishes again is not late: its window was closed with it.
        if (!again) context.forward(event.withKey(name).withValue(id), LATE);
        return;
      }
      String identity = key(name, start, id);
      if (again && ids.get(identity) != null) return;
      ids.put(identity, "");

      String window = key(name, start, event.key());
      String before = counts.get(window);
      long events = before == null ? 1 : Long.parseLong(before.split(" ")[0]) + 1;
      long found = before == null ? 0 : Long.parseLong(before.split(" ")[1]);
      String action = header(event, "auditstream_action");
      boolean login = action != null && logins.contains(action);
      if (login) found++;
      counts.put(window, events + " " + found);
      Record<String, String> result = result(window, events + " " + found, event.timestamp());
      context.forward(result, WINDOWS);
      if (login && found == alertAt) context.forward(result, ALERTS);
    }

    private static Record<String, String> result(String window, String count, long time) {
      String[] of = window.split("\0"), numbers = count.split(" ");
      String key = of[0] + " " + of[2] + " " + Instant.ofEpochMilli(Long.parseLong(of[1]));
      return new Record<>(key, "{\"events\":" + numbers[0] + ",\"logins\":" + numbers[1] + "}", time);
    }

    /** The windows of a source that begin before `to`. */
    private void close(Record<?, ?> event, String name, long to) {
      for (KeyValueStore<String, String> store : List.of(counts, ids)) {
        List<KeyValue<String, String>> old = new ArrayList<>();
        try (KeyValueIterator<String, String> found = store.range(key(name, 0, ""), key(name, to, ""))) {
          found.forEachRemaining(old::add);
        }
        for (KeyValue<String, String> each : old) {
          if (store == counts) context.forward(result(each.key, each.value, event.timestamp()), FINAL);
          store.delete(each.key);
        }
      }
    }

    private long start(long time) {
      return time - Math.floorMod(time, size);
    }

    private static String key(String name, long start, String last) {
      return String.format("%s\0%014d\0%s", name, start, last);
    }

    private static String header(Record<?, ?> record, String name) {
      Header found = record.headers().lastHeader(name);
      return found == null ? null : new String(found.value(), StandardCharsets.UTF_8);
    }
  }
}
