import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.xml.XMLConstants;
import javax.xml.transform.Source;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.Schema;
import javax.xml.validation.SchemaFactory;
import javax.xml.validation.Validator;
import org.w3c.dom.ls.DOMImplementationLS;
import org.w3c.dom.ls.LSInput;
import org.w3c.dom.bootstrap.DOMImplementationRegistry;
import org.xml.sax.SAXException;

/**
 * Judges documents by the schemas that `go run ./structure -xsd DIR` wrote, with the validator of the JDK:
 *
 *   java Judge.java DIR/TABLE... < names    one line a document and table: valid or invalid, table, file, why
 */
class Judge {
  public static void main(String[] args) throws Exception {
    Map<String, Schema> schemas = new HashMap<>();
    for (String dir : args) {
      schemas.put(dir, load(Path.of(dir)));
    }
    BufferedReader names = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    StringBuilder out = new StringBuilder();
    for (String file = names.readLine(); file != null; file = names.readLine()) {
      for (String dir : args) {
        String why = judge(schemas.get(dir), new File(file));
        out.append(why == null ? "valid" : "invalid").append('\t').append(Path.of(dir).getFileName()).append('\t').append(file)
            .append('\t').append(why == null ? "" : why.replaceAll("\\s+", " ")).append('\n');
      }
    }
    System.out.print(out);
  }

  /** Loads the documents of a folder in the order that the file "order" gives, "NAMESPACE FILE" a line. */
  static Schema load(Path dir) throws Exception {
    DOMImplementationLS dom = (DOMImplementationLS) DOMImplementationRegistry.newInstance().getDOMImplementation("LS");
    Map<String, Path> byName = new HashMap<>();
    Map<String, Path> bySpace = new HashMap<>();
    List<Source> sources = new ArrayList<>();
    for (String line : Files.readAllLines(dir.resolve("order"))) {
      String[] words = line.split(" ", 2);
      Path file = dir.resolve(words[1]);
      byName.put(words[1], file);
      bySpace.putIfAbsent(words[0], file);
      sources.add(new StreamSource(file.toFile()));
    }
    SchemaFactory factory = SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI);
    factory.setResourceResolver((type, space, publicId, systemId, base) -> {
      Path file = systemId == null ? null : byName.get(systemId.substring(systemId.lastIndexOf('/') + 1));
      file = file == null ? bySpace.get(space) : file;
      if (file == null) {
        throw new IllegalStateException("no schema document for " + space + " " + systemId);
      }
      try {
        LSInput input = dom.createLSInput();
        input.setSystemId(file.toUri().toString());
        input.setByteStream(Files.newInputStream(file));
        return input;
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    });
    return factory.newSchema(sources.toArray(new Source[0]));
  }

  /** Returns the first fault, null when there is none. */
  static String judge(Schema schema, File file) throws IOException {
    Validator validator = schema.newValidator();
    try {
      validator.validate(new StreamSource(file));
      return null;
    } catch (SAXException e) {
      return e.getMessage();
    }
  }
}
